package devices

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Lengths of a secret, in bytes.
const (
	minSecret  = 8
	maxSecret  = 256
	longSecret = 16 // from here on it cannot be guessed, if it was drawn at random
)

// Memory of the hash, in KiB. A short secret gets one that makes guessing dear,
// some 2 ms and 2 MiB a try. A long one has at least 80 bits when it was drawn
// at random (NewSecret draws 130), so no hash has to protect it, and 0.1 ms a
// piece lets a city of 100,000 be imported, or come back after an outage, in
// seconds.
const (
	memoryShort = 2048
	memoryLong  = 64
	memoryMost  = 64 * 1024 // a stored hash may not claim more
)

const (
	saltBytes = 16
	hashBytes = 16
)

// NewSecret returns a secret drawn at random: 26 characters, 130 bits.
func NewSecret() string { return strings.ToLower(rand.Text()) }

func checkSecret(secret string) error {
	if len(secret) < minSecret || len(secret) > maxSecret {
		return fmt.Errorf("secret must be %d to %d bytes long; from %d on, drawn at random, it is checked fastest",
			minSecret, maxSecret, longSecret)
	}
	return checkText("secret", secret, maxSecret)
}

// HashSecret returns the hash that the registry keeps of a device's secret:
// Argon2id (RFC 9106), one pass, one lane, a random salt, in PHC string format.
func HashSecret(secret string) (string, error) {
	if err := checkSecret(secret); err != nil {
		return "", err
	}
	h := secretHash{memory: memoryShort, salt: make([]byte, saltBytes)}
	if len(secret) >= longSecret {
		h.memory = memoryLong
	}
	rand.Read(h.salt)
	h.sum = h.of(secret)
	return h.String(), nil
}

// secretHash is a hash taken apart.
type secretHash struct {
	memory uint32 // KiB
	salt   []byte
	sum    []byte
}

const phcFormat = "$argon2id$v=19$m=%d,t=1,p=1$"

func (h *secretHash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf(phcFormat, h.memory) + b64.EncodeToString(h.salt) + "$" + b64.EncodeToString(h.sum)
}

// of returns the sum that secret has with the parameters of h.
func (h *secretHash) of(secret string) []byte {
	return argon2.IDKey([]byte(secret), h.salt, 1, h.memory, 1, hashBytes)
}

// matches reports whether h is secret's, in constant time.
func (h *secretHash) matches(secret string) bool {
	return subtle.ConstantTimeCompare(h.of(secret), h.sum) == 1
}

// parseSecretHash reads what String writes and refuses everything else.
func parseSecretHash(text string) (*secretHash, error) {
	h := &secretHash{}
	if _, err := fmt.Sscanf(text, phcFormat, &h.memory); err != nil || h.memory == 0 || h.memory > memoryMost {
		return nil, fmt.Errorf("secret hash is of an unknown kind; rotate the secret")
	}
	parts := strings.Split(text, "$")
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[len(parts)-2]); err != nil {
		return nil, fmt.Errorf("secret hash: salt: %w", err)
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(parts[len(parts)-1]); err != nil {
		return nil, fmt.Errorf("secret hash: sum: %w", err)
	}
	if h.String() != text || len(h.sum) != hashBytes {
		return nil, fmt.Errorf("secret hash is damaged; rotate the secret")
	}
	return h, nil
}

// secretMatches reports whether hash, of any form, is secret's.
func secretMatches(hash, secret string) bool {
	if hash == "" || secret == "" || len(secret) > maxSecret {
		return false
	}
	h, err := parseSecretHash(hash)
	return err == nil && h.matches(secret)
}
