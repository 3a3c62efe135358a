package sensorthings

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// tokenKind tells what a token of an expression is.
type tokenKind uint8

const (
	endToken tokenKind = iota
	nameToken
	numberToken
	timeToken
	stringToken    // text without its quotes
	geographyToken // well-known text
	durationToken
	symbolToken // ( ) , / -
)

type token struct {
	kind tokenKind
	text string
	at   int
}

// maxExpression bounds the length of an option's text, so its depth too.
const maxExpression = 4000

// lex splits an expression. Names may hold dots and begin with @ or $.
func lex(text string) ([]token, error) {
	if len(text) > maxExpression {
		return nil, errors.New("the expression is too long")
	}
	if !utf8.ValidString(text) {
		return nil, errors.New("the expression is not UTF-8")
	}
	var list []token
	for i := 0; i < len(text); {
		c := text[i]
		start := i
		switch {
		case c == ' ' || c == '\t':
			i++
			continue
		case strings.IndexByte("(),/-", c) >= 0:
			i++
			list = append(list, token{symbolToken, text[start:i], start})
		case c == '\'':
			s, end, err := quoted(text, i)
			if err != nil {
				return nil, err
			}
			i = end
			list = append(list, prefixed(list, s, start))
			if n := len(list); list[n-1].kind != stringToken { // the name before it was its prefix
				list = append(list[:n-2], list[n-1])
			}
		case c >= '0' && c <= '9':
			for i < len(text) && (isName(text[i]) || strings.IndexByte("-:+", text[i]) >= 0 && isTimeLike(text[start:i])) {
				i++
			}
			list = append(list, numeric(text[start:i], start))
		case isName(c):
			for i < len(text) && isName(text[i]) {
				i++
			}
			list = append(list, token{nameToken, text[start:i], start})
		default:
			return nil, fmt.Errorf("the character %q at %d has no meaning here", text[i:min(i+1, len(text))], i)
		}
	}
	return append(list, token{endToken, "", len(text)}), nil
}

// quoted reads a text in single quotes; two of them are one within.
func quoted(text string, at int) (s string, end int, err error) {
	var b strings.Builder
	for i := at + 1; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("the text that begins at %d has no end", at)
}

// prefixed makes a literal of a quoted text: the name right before it says of
// which type.
func prefixed(before []token, s string, at int) token {
	if n := len(before); n > 0 && before[n-1].kind == nameToken && before[n-1].at+len(before[n-1].text) == at {
		switch before[n-1].text {
		case "geography", "geometry":
			return token{geographyToken, s, at}
		case "duration":
			return token{durationToken, s, at}
		}
	}
	return token{stringToken, s, at}
}

func isName(c byte) bool {
	return c == '_' || c == '.' || c == '@' || c == '$' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

// isTimeLike tells whether what was read of a literal that begins with a digit
// goes on as a time: after a year, or within a time.
func isTimeLike(read string) bool { return len(read) == 4 || len(read) > 4 && read[4] == '-' }

func numeric(text string, at int) token {
	if len(text) > 5 && text[4] == '-' {
		return token{timeToken, text, at}
	}
	return token{numberToken, text, at}
}
