package devices

// VerifierOptions bound what a Verifier uses.
type VerifierOptions struct {
	CacheSize   int // secrets remembered, 0 means 65,536
	Concurrency int // hashes computed at once, 0 means half of the processors
}

// Verifier checks devices' secrets. It is safe for any number of callers.
type Verifier struct{}

// NewVerifier returns a Verifier.
func NewVerifier(o VerifierOptions) *Verifier { return &Verifier{} }

// VerifySecret reports whether secret is the device's.
func (v *Verifier) VerifySecret(d *Device, secret string) bool { return false }
