package geo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrCode is returned for what cannot be the ISTAT code of a comune.
var ErrCode = errors.New("an ISTAT code of a comune has six digits, such as 058091")

// CheckCode returns ErrCode unless code has the form of a comune's ISTAT code.
// It does not say that such a comune exists.
func CheckCode(code string) error {
	if len(code) != 6 || code == "000000" || strings.Trim(code, "0123456789") != "" {
		return fmt.Errorf("comune %q: %w", code, ErrCode)
	}
	return nil
}

// padCode returns the six digits of a code that lost its leading zeros on the
// way through a spreadsheet or a numeric column.
func padCode(text string) (string, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > 999999 {
		return "", fmt.Errorf("comune %q: %w", text, ErrCode)
	}
	code := fmt.Sprintf("%06d", n)
	return code, CheckCode(code)
}
