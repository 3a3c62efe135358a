package devices

import "time"

// hashes returns the hashes of the secrets that are d's at now, none for a
// device that is nil or retired.
func (d *Device) hashes(now time.Time) []string {
	if d == nil || d.Retired {
		return nil
	}
	var list []string
	if d.SecretHash != "" {
		list = append(list, d.SecretHash)
	}
	if d.SecretOld != "" && now.Before(d.SecretEnds) {
		list = append(list, d.SecretOld)
	}
	return list
}

// Rotate gives d a new secret, which it returns and which nothing keeps. The
// secret before is good for the overlap, so that the device can be told. It
// needs a d of the caller's own.
func (d *Device) Rotate(now time.Time, overlap time.Duration) (secret string, err error) {
	secret = NewSecret()
	hash, err := HashSecret(secret)
	if err != nil {
		return "", err
	}
	d.SecretOld, d.SecretEnds = "", time.Time{}
	if overlap > 0 && d.SecretHash != "" {
		d.SecretOld, d.SecretEnds = d.SecretHash, now.Add(overlap).UTC()
	}
	d.SecretHash = hash
	return secret, nil
}

// Revoke makes every credential of d void: its secrets, and the certificates
// that were issued before now. Rotate gives it a new secret. It needs a d of the
// caller's own.
func (d *Device) Revoke(now time.Time) error {
	_, err := d.Rotate(now, 0) // a secret that nobody knows: one without would be let in where a loopback listener asks for none
	d.CertsFrom = now.UTC()
	return err
}
