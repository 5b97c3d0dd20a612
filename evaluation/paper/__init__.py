"""What makes the tables, figures and curves of this project's own documents."""
