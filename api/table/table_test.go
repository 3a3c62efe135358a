package table

import "testing"

func TestCells(t *testing.T) {
	f := func(v any, want string) {
		t.Helper()
		if got := string(appendValue(nil, v)); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	f(nil, "")
	f(1.5, "1.5")
	f(1e21, "1000000000000000000000")
	f(int64(-3), "-3")
	f("plain", "plain")
	f(`a "b", c`, `"a ""b"", c"`)
	f("two\nlines", "\"two\nlines\"")
	f("=1+1", `"'=1+1"`)
	f("@SUM(A1)", `"'@SUM(A1)"`)
}
