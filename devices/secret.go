package devices

// HashSecret returns the hash of a device's secret that the registry keeps.
func HashSecret(secret string) (string, error) { return "", nil }
