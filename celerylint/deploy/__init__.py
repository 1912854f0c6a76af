"""Deployment files: what starts workers, beats, Flowers and brokers, read with the place of everything."""

from celerylint.deploy.deployment import Deployment, Unread
from celerylint.deploy.repository import Repository

__all__ = ["Deployment", "Repository", "Unread"]
