"""Celery's broker: how it is reached, and which messages lie unread in it."""
