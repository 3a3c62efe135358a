package dashboards

import (
	"crypto/sha256"
	"encoding/hex"
)

// Keys that rione adds to the settings of a data source.
const (
	labelKey = "rioneLabel"
	checkKey = "rioneSecretCheck"
)

// secretCheck returns two bytes that tell a changed secret from the one that
// was applied, since Grafana never gives a secret back. Sixteen bits betray
// nothing: one guess in 65,536 fits.
func secretCheck(uid, secret string) string {
	sum := sha256.Sum256([]byte(uid + "\x00" + secret))
	return hex.EncodeToString(sum[:2])
}
