"""Deployment files: what starts workers, beats, Flowers and brokers, read with the place of everything."""

from celerylint.deploy.deployment import Deployment
from celerylint.deploy.repository import Repository
from celerylint.deploy.unread import Unread

__all__ = ["Deployment", "Repository", "Unread"]
