"""`python -m worker`: one Celery worker process, with the ways that the ledger counts on."""

from worker.app import QUEUES, app


def main() -> None:
    """Work until SIGTERM or SIGINT; then finish what runs, take nothing new, and end."""
    app.worker_main(
        [
            "--quiet",
            "worker",
            # Threads: measured, a gevent worker's unacknowledged messages are never delivered again.
            "--pool=threads",
            f"--concurrency={app.collaborators.settings.fax_worker_concurrency}",
            f"--queues={QUEUES}",
            "--without-gossip",
            "--without-mingle",
        ]
    )


if __name__ == "__main__":
    main()
