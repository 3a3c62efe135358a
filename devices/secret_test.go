package devices

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestHashSecret(t *testing.T) {
	f := func(secret string, memory int) {
		t.Helper()
		hash, err := HashSecret(secret)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("$argon2id$v=19$m=%d,t=1,p=1$", memory); !strings.HasPrefix(hash, want) || strings.Contains(hash, secret) {
			t.Errorf("hash of %q is %s", secret, hash)
		}
		if !secretMatches(hash, secret) || secretMatches(hash, secret+"x") || secretMatches(hash, "") {
			t.Errorf("hash of %q does not tell it from others", secret)
		}
		if again, _ := HashSecret(secret); again == hash {
			t.Error("two hashes have one salt")
		}
	}
	f("password", memoryShort)
	f("exactly-16-bytes", memoryLong)
	f(NewSecret(), memoryLong)
	for _, bad := range []string{"", "short", strings.Repeat("x", maxSecret+1), "with\ncontrol"} {
		if _, err := HashSecret(bad); err == nil {
			t.Errorf("%q was hashed", bad)
		}
	}
}

func TestDamagedHashMatchesNothing(t *testing.T) {
	const secret = "exactly-16-bytes"
	hash, err := HashSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	for i := range hash {
		if secretMatches(hash[:i], secret) || secretMatches(hash[:i]+"!"+hash[i+1:], secret) {
			t.Fatalf("damaged at %d: matches", i)
		}
	}
	dear := strings.Replace(hash, "m=64", "m=4000000", 1)
	if _, err := parseSecretHash(dear); err == nil {
		t.Error("a hash may claim 4 GB")
	}
}

func FuzzSecretHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=128,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := parseSecretHash(text); err == nil && h.String() != text {
			t.Fatalf("%q is read as %q", text, h.String())
		}
	})
}

// counted makes v count the hashes that it computes.
func counted(v *Verifier) *atomic.Int64 {
	n := &atomic.Int64{}
	v.hashSame = func(hash, secret string) bool {
		n.Add(1)
		return hash == "hash of "+secret
	}
	return n
}

func TestVerifierComputesAHashOnce(t *testing.T) {
	v := NewVerifier(VerifierOptions{})
	hashes := counted(v)
	d := &Device{SecretHash: "hash of a"}
	f := func(d *Device, secret string, want bool, wantHashes int64) {
		t.Helper()
		before := hashes.Load()
		if got := verify(t, v, d, secret); got != want || hashes.Load()-before != wantHashes {
			t.Errorf("%q: %v with %d hashes, want %v with %d", secret, got, hashes.Load()-before, want, wantHashes)
		}
	}
	f(d, "a", true, 1)
	f(d, "a", true, 0)
	f(d, "b", false, 1)
	f(d, "b", false, 1) // a wrong one is never remembered
	f(d, "", false, 0)
	f(nil, "a", false, 0)
	f(&Device{}, "a", false, 0)
	f(&Device{SecretHash: "hash of a", Retired: true}, "a", false, 0)
	f(&Device{SecretHash: "hash of c"}, "a", false, 1) // after a rotation
	f(&Device{SecretHash: "hash of c"}, "c", true, 1)
}

func verify(t testing.TB, v *Verifier, d *Device, secret string) bool {
	t.Helper()
	ok, err := v.Verify(t.Context(), d, secret, time.Now())
	if err != nil {
		t.Error(err)
	}
	return ok
}

// After a rotation both secrets are good for the overlap; after a revocation
// none is.
func TestRotation(t *testing.T) {
	v, now := NewVerifier(VerifierOptions{}), time.Now()
	d := &Device{ID: "air-1"}
	first, err := d.Rotate(now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if !d.SecretEnds.IsZero() {
		t.Error("a first secret overlaps with nothing")
	}
	f := func(secret string, at time.Time, want bool) {
		t.Helper()
		if got, err := v.Verify(t.Context(), d, secret, at); got != want || err != nil {
			t.Errorf("secret is %v, want %v, %v", got, want, err)
		}
		if v.Remembers(d, secret, at) != want {
			t.Error("what was verified is not remembered, or what was not is")
		}
	}
	f(first, now, true)
	second, err := d.Rotate(now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	f(first, now.Add(time.Hour-1), true)
	f(first, now.Add(time.Hour), false)
	f(second, now, true)
	f(second, now.Add(2*time.Hour), true)
	if err := d.Revoke(now); err != nil {
		t.Fatal(err)
	}
	f(first, now, false)
	f(second, now, false)
	if d.SecretHash == "" || !d.CertsFrom.Equal(now) {
		t.Error("after a revocation the device could be let in without a secret, or by its old certificate")
	}
}

// Who waits for a processor gives up with its context.
func TestVerifierWaitsNoLongerThanAsked(t *testing.T) {
	v := NewVerifier(VerifierOptions{Concurrency: 1})
	v.slots <- struct{}{} // somebody computes
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := v.Verify(ctx, &Device{SecretHash: "h"}, "secret", time.Now()); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestVerifierForgetsTheOldest(t *testing.T) {
	v := NewVerifier(VerifierOptions{CacheSize: 20})
	hashes := counted(v)
	check := func(i int) {
		if secret := fmt.Sprint(i); !verify(t, v, &Device{SecretHash: "hash of " + secret}, secret) {
			t.Fatalf("%d is refused", i)
		}
	}
	for i := range 1000 {
		check(i)
		check(0) // used all the time
	}
	if n := hashes.Load(); n != 1000 {
		t.Errorf("%d hashes of 1000 secrets: the one in use was forgotten", n)
	}
	if n := len(v.young) + len(v.old); n > 20 {
		t.Errorf("%d remembered, limit 20", n)
	}
}

func TestVerifierComputesAFewAtOnce(t *testing.T) {
	v := NewVerifier(VerifierOptions{Concurrency: 2})
	var now, most atomic.Int64
	full := make(chan struct{})
	fill := sync.OnceFunc(func() { close(full) })
	v.hashSame = func(string, string) bool {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == 2 {
			fill()
		}
		<-full // the first waits for the second
		now.Add(-1)
		return true
	}
	var callers sync.WaitGroup
	for i := range 20 {
		callers.Go(func() { verify(t, v, &Device{SecretHash: "h"}, fmt.Sprint(i)) })
	}
	callers.Wait()
	if most.Load() != 2 {
		t.Errorf("%d hashes at once, want 2", most.Load())
	}
}

func BenchmarkVerify(b *testing.B) {
	for name, secret := range map[string]string{"long": NewSecret(), "short": "password"} {
		hash, err := HashSecret(secret)
		if err != nil {
			b.Fatal(err)
		}
		d := &Device{SecretHash: hash}
		b.Run(name+"/first", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				verify(b, NewVerifier(VerifierOptions{}), d, secret)
			}
		})
		b.Run(name+"/again", func(b *testing.B) {
			v := NewVerifier(VerifierOptions{})
			b.ReportAllocs()
			for b.Loop() {
				verify(b, v, d, secret)
			}
		})
	}
}
