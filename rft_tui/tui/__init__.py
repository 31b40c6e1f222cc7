"""The app: screens as views over the store, one registry of actions, our own table and text panes."""
