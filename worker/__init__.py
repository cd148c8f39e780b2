"""Does the work: Celery tasks that call Telnyx, and the scheduler that keeps every job moving."""
