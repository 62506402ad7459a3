"""What can a person try? The demo and the replay of breaches."""
