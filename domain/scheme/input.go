package scheme

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Input is facts as a program gives them: {"field": value}. What rules may ask beside the fields (received, others,
// de_minimis, register) stands beside them.
type Input struct {
	Fields  map[string]any
	Context Context
}

// ReadInput reads facts from JSON. Numbers keep their digits; a group is a list of objects.
func ReadInput(text []byte) (Input, error) {
	in := Input{Fields: map[string]any{}}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&in.Fields); err != nil {
		return in, fmt.Errorf("facts are a JSON object, {\"field\": value}: %w", err)
	}
	beside := map[string]any{}
	for name := range contextTypes {
		if value, given := in.Fields[name]; given {
			beside[name] = value
			delete(in.Fields, name)
		}
	}
	if day, ok := beside["received"].(string); ok && len(day) == len(time.DateOnly) {
		beside["received"] = day + "T00:00:00Z"
	}
	again, err := json.Marshal(beside)
	if err == nil {
		err = json.Unmarshal(again, &in.Context)
	}
	if err != nil {
		return in, fmt.Errorf("received, others, de_minimis or register: %w", err)
	}
	return in, nil
}

// Normalised brings facts to their normal form. A text is read as an applicant's would be; a number for an amount is cents. A
// field that the scheme does not have is an error; a value that cannot be read is a problem, by key.
func (v *Version) Normalised(fields map[string]any) (Facts, map[string]string, error) {
	facts, problems := Facts{}, map[string]string{}
	take := func(key string, f Field, value any) error {
		written, err := plainValue(f, value)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		normal := written
		if _, isText := value.(string); isText {
			if normal, err = v.Normalise(f, written); err != nil { // also one that the applicant would be asked to confirm
				problems[key] = err.Error()
				return nil
			}
		}
		facts[key] = normal
		return nil
	}
	var ids []string
	for _, f := range v.Fields {
		ids = append(ids, f.ID)
	}
	for id, value := range fields {
		f, ok := v.Field(id)
		if !ok {
			return nil, nil, fmt.Errorf("the scheme has no field %q%s", id, nearest(id, ids))
		}
		if value == nil {
			continue
		}
		if f.Type != Group {
			if err := take(id, f, value); err != nil {
				return nil, nil, err
			}
			continue
		}
		if err := v.group(f, value, take); err != nil {
			return nil, nil, err
		}
	}
	return facts, problems, nil
}

// group reads the entries of a group.
func (v *Version) group(f Field, value any, take func(string, Field, any) error) error {
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%s: a list of objects is wanted", f.ID)
	}
	if most := f.Most(); len(list) > most {
		return fmt.Errorf("%s has %d entries; at most %s", f.ID, len(list), entries(most))
	}
	for i, entry := range list {
		values, ok := entry.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: a list of objects is wanted", f.ID)
		}
		for id, value := range values {
			below, _, ok := v.FieldAt(EntryKey(f.ID, i+1, id))
			if !ok {
				return fmt.Errorf("%s has no field %q", f.ID, id)
			}
			if value == nil {
				continue
			}
			if err := take(EntryKey(f.ID, i+1, id), below, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// plainValue is the text of a JSON value for a field.
func plainValue(f Field, value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case bool:
		if f.Type != YesNo {
			return "", fmt.Errorf("a field of type %s is not true or false", f.Type)
		}
		return strconv.FormatBool(value), nil
	case json.Number:
		if f.Type != Integer && f.Type != Money {
			return value.String(), fmt.Errorf("a field of type %s is written as a text, in quotes", f.Type)
		}
		n, err := strconv.Atoi(value.String())
		switch {
		case err != nil && f.Type == Money:
			return "", fmt.Errorf("%s is not a number of cents; write 48050, or \"480,50 €\" as a text", value)
		case err != nil:
			return "", fmt.Errorf("%s is not a whole number", value)
		case n < 0:
			return "", fmt.Errorf("%s is below zero", value)
		}
		return strconv.Itoa(n), nil
	}
	return "", fmt.Errorf("a text, a number, true or false is wanted")
}
