package template

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeJSON decodes like encoding/json into any, with three differences that judging needs: a key that stands twice
// is an error (the last would silently win), nesting is bounded, and errors carry the line. Texts share the memory
// of the document, which makes it faster too.
func decodeJSON(name string, data []byte) (any, error) {
	d := jsonDecoder{name: name, s: string(data)}
	v := d.value(0)
	d.space()
	if d.err == nil && d.i < len(d.s) {
		d.fail("the end of the file")
	}
	if d.err != nil {
		return nil, d.err
	}
	return v, nil
}

type jsonDecoder struct {
	name string
	s    string
	i    int
	err  *Error
}

func (d *jsonDecoder) fail(expected string) any {
	found := "the end of the file"
	if d.i < len(d.s) {
		r, _ := utf8.DecodeRuneInString(d.s[d.i:])
		found = strconv.QuoteRune(r)
	}
	return d.failf("expected %s, found %s", expected, found)
}

func (d *jsonDecoder) failf(format string, args ...any) any {
	if d.err == nil {
		before := d.s[:min(d.i, len(d.s))]
		d.err = &Error{
			Name:    d.name,
			Line:    strings.Count(before, "\n") + 1,
			Column:  len(before) - strings.LastIndexByte(before, '\n'),
			Message: fmt.Sprintf(format, args...),
		}
	}
	return nil
}

func (d *jsonDecoder) space() {
	for d.i < len(d.s) {
		switch d.s[d.i] {
		case ' ', '\t', '\r', '\n':
			d.i++
		default:
			return
		}
	}
}

// accept skips white space and takes the byte c if it is next.
func (d *jsonDecoder) accept(c byte) bool {
	d.space()
	if d.i < len(d.s) && d.s[d.i] == c {
		d.i++
		return true
	}
	return false
}

func (d *jsonDecoder) value(depth int) any {
	d.space()
	if d.i >= len(d.s) {
		return d.fail("a value")
	}
	if depth > maxDepth {
		return d.failf("nested more than %d levels deep", maxDepth)
	}
	switch c := d.s[d.i]; {
	case c == '{':
		d.i++
		return d.object(depth + 1)
	case c == '[':
		d.i++
		return d.array(depth + 1)
	case c == '"':
		return d.text()
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	case strings.HasPrefix(d.s[d.i:], "true"):
		d.i += 4
		return true
	case strings.HasPrefix(d.s[d.i:], "false"):
		d.i += 5
		return false
	case strings.HasPrefix(d.s[d.i:], "null"):
		d.i += 4
		return nil
	default:
		return d.fail("a value")
	}
}

func (d *jsonDecoder) object(depth int) any {
	m := map[string]any{}
	if d.accept('}') {
		return m
	}
	for d.err == nil {
		d.space()
		if d.i >= len(d.s) || d.s[d.i] != '"' {
			return d.fail("a key in double quotes")
		}
		at := d.i
		key := d.text()
		if !d.accept(':') {
			return d.fail("':' after the key")
		}
		n := len(m)
		m[key] = d.value(depth)
		if len(m) == n && d.err == nil {
			d.i = at
			return d.failf("the key %q stands twice in the same map", key)
		}
		if d.accept('}') {
			return m
		}
		if !d.accept(',') {
			return d.fail("',' or '}'")
		}
	}
	return nil
}

func (d *jsonDecoder) array(depth int) any {
	list := []any{}
	if d.accept(']') {
		return list
	}
	for d.err == nil {
		list = append(list, d.value(depth))
		if d.accept(']') {
			return list
		}
		if !d.accept(',') {
			return d.fail("',' or ']'")
		}
	}
	return nil
}

// text reads a string; the quote is next. Nearly all strings have no escape and are cut out of the document.
func (d *jsonDecoder) text() string {
	d.i++
	start := d.i
	ascii := true
	for d.i < len(d.s) {
		switch c := d.s[d.i]; {
		case c == '"':
			s := d.s[start:d.i]
			d.i++
			if !ascii {
				s = strings.ToValidUTF8(s, "\uFFFD")
			}
			return s
		case c == '\\':
			return d.escaped(start)
		case c < ' ':
			d.failf("a control character must be escaped in a text")
			return ""
		case c >= utf8.RuneSelf:
			ascii = false
		}
		d.i++
	}
	d.fail("a closing double quote")
	return ""
}

func (d *jsonDecoder) escaped(start int) string {
	var b strings.Builder
	b.WriteString(d.s[start:d.i])
	for d.i < len(d.s) {
		c := d.s[d.i]
		d.i++
		switch {
		case c == '"':
			return strings.ToValidUTF8(b.String(), "\uFFFD")
		case c < ' ':
			d.failf("a control character must be escaped in a text")
			return ""
		case c != '\\':
			b.WriteByte(c)
		case !d.escape(&b):
			return ""
		}
	}
	d.fail("a closing double quote")
	return ""
}

// escape reads what follows a backslash.
func (d *jsonDecoder) escape(b *strings.Builder) bool {
	if d.i >= len(d.s) {
		d.fail("an escape")
		return false
	}
	c := d.s[d.i]
	if c == 'u' {
		return d.unicode(b)
	}
	k := strings.IndexByte(`"\/bfnrt`, c)
	if k < 0 {
		d.fail(`one of "\/bfnrtu after a backslash`)
		return false
	}
	b.WriteByte("\"\\/\b\f\n\r\t"[k])
	d.i++
	return true
}

func (d *jsonDecoder) unicode(b *strings.Builder) bool {
	r, ok := d.hex4(d.i + 1)
	if !ok {
		d.fail("four hexadecimal digits after \\u")
		return false
	}
	d.i += 5
	if utf16.IsSurrogate(r) {
		low, ok := rune(0), false
		if strings.HasPrefix(d.s[d.i:], `\u`) {
			low, ok = d.hex4(d.i + 2)
		}
		if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
			d.i += 6
			r = pair
		} else {
			r = utf8.RuneError
		}
	}
	b.WriteRune(r)
	return true
}

func (d *jsonDecoder) hex4(at int) (rune, bool) {
	if at+4 > len(d.s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(d.s[at : at+4]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func (d *jsonDecoder) number() any {
	start := d.i
	if d.s[d.i] == '-' {
		d.i++
	}
	if d.i < len(d.s) && d.s[d.i] == '0' {
		d.i++
	} else if !d.digits() {
		return d.fail("a digit")
	}
	if d.i < len(d.s) && d.s[d.i] == '.' {
		d.i++
		if !d.digits() {
			return d.fail("a digit after the point")
		}
	}
	if d.i < len(d.s) && (d.s[d.i] == 'e' || d.s[d.i] == 'E') {
		d.i++
		if d.i < len(d.s) && (d.s[d.i] == '+' || d.s[d.i] == '-') {
			d.i++
		}
		if !d.digits() {
			return d.fail("a digit in the exponent")
		}
	}
	f, err := strconv.ParseFloat(d.s[start:d.i], 64)
	if err != nil {
		return d.failf("the number %s is out of range", d.s[start:d.i])
	}
	return f
}

func (d *jsonDecoder) digits() bool {
	start := d.i
	for d.i < len(d.s) && d.s[d.i] >= '0' && d.s[d.i] <= '9' {
		d.i++
	}
	return d.i > start
}
