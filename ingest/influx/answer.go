package influx

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// readLimit bounds what is read of an answer that is not data, in bytes. It
// leaves room for an error that quotes every line of a batch.
const readLimit = 4 << 20

// drain reads the rest of an answer, so that its connection can be used again.
func drain(resp *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, readLimit))
	_ = resp.Body.Close()
}

func decodeSmall(r io.Reader, v any) error {
	return json.NewDecoder(io.LimitReader(r, readLimit)).Decode(v)
}

// readError turns an answer into an *Error. 1.8 says {"error":…}, 2.x
// {"code":…,"message":…}, a proxy in front anything.
func readError(resp *http.Response) *Error {
	b, _ := io.ReadAll(io.LimitReader(resp.Body, readLimit))
	var said struct{ Error, Message string }
	e := &Error{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	switch err := json.Unmarshal(b, &said); {
	case err == nil && said.Message != "":
		e.Detail = said.Message
	case err == nil && said.Error != "":
		e.Detail = said.Error
	default:
		e.Detail = strings.TrimSpace(string(b))
	}
	if e.Detail == "" {
		e.Detail = http.StatusText(resp.StatusCode)
	}
	return e
}

// retryAfter reads the header in both forms of RFC 9110, section 10.2.3.
func retryAfter(v string, now time.Time) time.Duration {
	if v == "" {
		return 0
	}
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
