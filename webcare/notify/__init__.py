"""How people are reached: files now, telephones and letters next."""
