"""What databases without SQL would run: operators, JavaScript, commands between line ends."""
