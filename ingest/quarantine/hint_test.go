package quarantine_test

import (
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/quarantine"
)

func TestHintsNameWhatHelps(t *testing.T) {
	f := func(r ingest.Reason, words ...string) {
		t.Helper()
		for _, w := range words {
			if h := quarantine.Hint(r); !strings.Contains(h, w) {
				t.Errorf("%s: %q does not say %q", r, h, w)
			}
		}
	}
	f(ingest.UnknownDevice, "rione devices import", "rione devices approve")
	f(ingest.WrongType, "field", "type", "rione quarantine replay")
	f(ingest.UnknownUnit, "mapping", "rione quarantine replay")
}
