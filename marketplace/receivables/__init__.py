"""What is owed to the agency: contributions to repay after success, and aid to recover."""
