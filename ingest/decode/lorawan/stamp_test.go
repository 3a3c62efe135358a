package lorawan

import (
	"testing"
	"time"
)

func TestStampOf(t *testing.T) {
	f := func(want string, res time.Duration, texts ...string) {
		t.Helper()
		var list [][]byte
		for _, text := range texts {
			list = append(list, []byte(text))
		}
		got := StampOf(list...)
		shown := ""
		if !got.At.IsZero() {
			shown = got.At.Format(time.RFC3339Nano)
		}
		if shown != want || got.Resolution != res {
			t.Errorf("StampOf(%q) = %s, %v; want %s, %v", texts, shown, got.Resolution, want, res)
		}
	}
	f("2023-05-22T07:47:05Z", time.Second, "2023-05-22T09:47:05+02:00")
	f("2023-05-22T07:47:05.4Z", time.Millisecond, "2023-05-22T07:47:05.4Z")
	f("2023-05-22T07:47:05.404Z", time.Millisecond, "2023-05-22T07:47:05.404+00:00")
	f("2023-05-22T07:47:05.4048Z", time.Microsecond, "2023-05-22T07:47:05.4048Z")
	f("2023-05-22T07:47:05.404859Z", time.Microsecond, "2023-05-22T07:47:05.404859+00:00")
	f("2023-05-22T07:47:05.4048591Z", time.Nanosecond, "2023-05-22T07:47:05.4048591Z")
	f("2023-05-22T07:47:05Z", time.Second, "", "yesterday", "2023-05-22T07:47:05Z", "2024-01-01T00:00:00Z")
	f("", 0, "2023-05-22T07:47:05")
	f("", 0)
}
