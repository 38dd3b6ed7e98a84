"""Writes of accounts: setting up, mandates, clients' secrets, webhooks."""
