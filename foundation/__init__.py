"""Django-aware ground that knows no app: problems, outbox, consumers, audit, paging."""
