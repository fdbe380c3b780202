"""What is Celery's: the application, the runner of background tasks, the sweeper, the timetable."""
