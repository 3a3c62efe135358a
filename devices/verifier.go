package devices

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"runtime"
	"slices"
	"sync"
	"time"
)

// VerifierOptions bound what a Verifier uses.
type VerifierOptions struct {
	CacheSize   int // secrets remembered, 0 means 131,072 (about 10 MB)
	Concurrency int // hashes computed at once, 0 means half of the processors, at least one
}

// Verifier checks devices' secrets. The memory-hard hash of a secret is
// computed once; after that its keyed digest is remembered, so that a fleet
// that reconnects after an outage costs about a microsecond a device. Hashes
// wait for one another, so that a flood of wrong secrets leaves processors to
// the others. It is safe for any number of callers.
type Verifier struct {
	key   [sha256.Size]byte // of this process: the digests mean nothing outside it
	slots chan struct{}

	mu       sync.Mutex
	size     int                       // of one generation
	young    map[digest]struct{}       // verified lately
	old      map[digest]struct{}       // the generation before
	hashSame func(string, string) bool // secretMatches, counted in tests
}

type digest [sha256.Size]byte

// NewVerifier returns a Verifier.
func NewVerifier(o VerifierOptions) *Verifier {
	if o.CacheSize <= 0 {
		o.CacheSize = 128 * 1024
	}
	if o.Concurrency <= 0 {
		o.Concurrency = max(1, runtime.GOMAXPROCS(0)/2)
	}
	v := &Verifier{
		slots:    make(chan struct{}, o.Concurrency),
		size:     max(1, o.CacheSize/2),
		young:    make(map[digest]struct{}),
		hashSame: secretMatches,
	}
	rand.Read(v.key[:])
	return v
}

// Remembers reports whether secret is the device's and was verified before, so
// that no hash has to be computed. It costs two microseconds.
func (v *Verifier) Remembers(d *Device, secret string, now time.Time) bool {
	return slices.ContainsFunc(d.hashes(now), func(hash string) bool { return v.known(v.digest(hash, secret)) })
}

// Verify reports whether secret is the device's, or at now still is after a
// rotation. A device that is nil, retired or has no secret has none that fits.
// The error is that of ctx, which ended before a processor was free.
func (v *Verifier) Verify(ctx context.Context, d *Device, secret string, now time.Time) (bool, error) {
	hashes := d.hashes(now)
	if len(hashes) == 0 || secret == "" {
		return false, nil
	}
	if v.Remembers(d, secret, now) {
		return true, nil
	}
	select {
	case v.slots <- struct{}{}:
		defer func() { <-v.slots }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	for _, hash := range hashes {
		if v.hashSame(hash, secret) {
			v.remember(v.digest(hash, secret))
			return true, nil
		}
	}
	return false, nil
}

// digest binds the secret to the stored hash: after a rotation the old secret
// is unknown again.
func (v *Verifier) digest(hash, secret string) (sum digest) {
	mac := hmac.New(sha256.New, v.key[:])
	mac.Write([]byte(hash))
	mac.Write([]byte{0})
	mac.Write([]byte(secret))
	mac.Sum(sum[:0])
	return sum
}

// known reports whether sum was remembered. What is used stays: it moves to the
// young generation.
func (v *Verifier) known(sum digest) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.young[sum]; ok {
		return true
	}
	_, ok := v.old[sum]
	if ok {
		v.add(sum)
	}
	return ok
}

func (v *Verifier) remember(sum digest) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.add(sum)
}

// add needs v.mu. A full generation becomes the old one, which is forgotten.
func (v *Verifier) add(sum digest) {
	if len(v.young) >= v.size {
		v.old, v.young = v.young, make(map[digest]struct{}, v.size)
	}
	v.young[sum] = struct{}{}
}
