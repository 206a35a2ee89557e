package main

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// jsonAppender is a value that writes itself as JSON, as package json would: that takes most of the time of a look at ten thousand counters.
type jsonAppender interface{ appendJSON(b []byte) []byte }

func (d statDocument) appendJSON(b []byte) []byte {
	head := marshaled(d.heading)
	b = append(b, head[:len(head)-1]...)
	b = append(b, `,"counters":[`...)
	for i := range d.Counters {
		if i > 0 {
			b = append(b, ',')
		}
		b = d.Counters[i].appendJSON(b)
	}
	return append(b, `]}`...)
}

func (c *counterRecord) appendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"id":`...), int64(c.ID), 10)
	b = strconv.AppendInt(append(b, `,"type_id":`...), int64(c.TypeID), 10)
	b = appendText(append(b, `,"type":`...), c.Type)
	b = strconv.AppendInt(append(b, `,"value":`...), c.Value, 10)
	b = appendText(append(b, `,"label":`...), c.Label)
	b = strconv.AppendInt(append(b, `,"registration_id":`...), c.RegistrationID, 10)
	b = strconv.AppendInt(append(b, `,"owner_id":`...), c.OwnerID, 10)
	b = strconv.AppendInt(append(b, `,"reference_id":`...), c.ReferenceID, 10)
	if c.Rate != nil {
		b = appendNumber(append(b, `,"rate":`...), *c.Rate)
	}
	return append(b, '}')
}

func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, marshaled(text)...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

func appendNumber(b []byte, n float64) []byte {
	const small, large = 1e-6, 1e21 // beyond these, package json writes exponents in a way of its own
	if size := math.Abs(n); size != 0 && (size < small || size >= large) {
		return append(b, marshaled(n)...)
	}
	return strconv.AppendFloat(b, n, 'f', -1, 64)
}

// marshaled is a value as printJSON writes it. The values here are such that nothing can fail.
func marshaled(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
