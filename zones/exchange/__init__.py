"""Rules in other people's formats: pure readers that give drafts, pure writers of what rules."""
