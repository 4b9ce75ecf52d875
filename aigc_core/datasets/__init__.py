"""Readers of data sets, each with its licence; nothing here is shipped or needed by a test."""
