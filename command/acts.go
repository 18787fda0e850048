package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/money"
)

// derived are the commands that follow from the table of acts (casefile.ActTable): a row that explains its command needs no code here.
func derived() []entry {
	var list []entry
	rows := map[string][]casefile.ActRow{}
	for _, row := range casefile.ActTable {
		if row.About == "" {
			continue
		}
		name, args := syntax(row)
		if rows[name] == nil {
			list = append(list, entry{name: name, args: strings.Join(args, " "), about: row.About})
		}
		rows[name] = append(rows[name], row)
	}
	for i := range list {
		acts := rows[list[i].name]
		if verbs := verbsOf(acts); len(verbs) > 1 {
			list[i].args = "REFERENCE " + strings.Join(verbs, "|")
		}
		list[i].run = func(ctx context.Context, c *call) error { return c.actOf(ctx, acts) }
	}
	return list
}

// syntax parts a row's command into its name and its arguments: "case admit REFERENCE MAIL". An argument in small letters is a verb, which
// tells the act from others of the same command.
func syntax(row casefile.ActRow) (name string, args []string) {
	words := strings.Fields(row.Command)
	first := slices.Index(words, "REFERENCE")
	if first < 0 {
		return row.Command, nil
	}
	return strings.Join(words[:first], " "), words[first:]
}

func verbsOf(rows []casefile.ActRow) (verbs []string) {
	for _, row := range rows {
		if _, args := syntax(row); len(args) > 1 && args[1] == strings.ToLower(args[1]) {
			verbs = append(verbs, args[1])
		}
	}
	return verbs
}

// actOf reads the command line of an act, or of several that a verb tells apart, and carries it out.
func (c *call) actOf(ctx context.Context, rows []casefile.ActRow) error {
	a := c.action("")
	what := casefile.Act{}
	inputs := map[string]*input{}
	for _, row := range rows {
		for _, take := range row.Takes {
			c.take(inputs, reflect.ValueOf(&what).Elem(), take)
		}
	}
	payloads := make([]reflect.Value, len(rows))
	for i, row := range rows {
		if row.Payload != nil {
			payloads[i] = reflect.New(row.Payload).Elem()
			for _, f := range reflect.VisibleFields(row.Payload) {
				c.take(inputs, payloads[i], jsonName(f))
			}
		}
	}
	_, args := syntax(rows[0])
	given, err := c.parse(len(args))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(row casefile.ActRow) bool {
		return len(rows) == 1 || verbsOf([]casefile.ActRow{row})[0] == given[1]
	})
	if i < 0 {
		c.flags.Usage()
		return errUsage
	}
	a.kind = rows[i].Kind
	for n, arg := range args[1:] {
		if arg == strings.ToUpper(arg) {
			fieldOf(reflect.ValueOf(&what).Elem(), strings.ToLower(arg)).SetString(given[n+1])
		}
	}
	if err := c.only(inputs, rows[i]); err != nil {
		return err
	}
	if payloads[i].IsValid() {
		if what, err = what.Pack(payloads[i].Interface()); err != nil {
			return err
		}
	}
	return c.act(ctx, a, given[0], what)
}

// only refuses what the act that was chosen does not take: it would be left out without a word.
func (c *call) only(inputs map[string]*input, row casefile.ActRow) (err error) {
	c.flags.Visit(func(f *flag.Flag) {
		if in, is := inputs[f.Name]; is && !slices.Contains(takes(row), in.take) && err == nil {
			err = fmt.Errorf("-%s does not go with %s", f.Name, row.Command)
		}
	})
	return err
}

// takes are the inputs of a row, those of its own type too.
func takes(row casefile.ActRow) []string {
	list := slices.Clone(row.Takes)
	if row.Payload != nil {
		for _, f := range reflect.VisibleFields(row.Payload) {
			list = append(list, jsonName(f))
		}
	}
	return list
}

// input is a flag that fills a field of an act.
type input struct {
	take string // as the row calls it
	into []reflect.Value
}

// take makes a flag of an input: "text", or "keep=amount" where the flag of the field amount is called keep.
func (c *call) take(inputs map[string]*input, act reflect.Value, take string) {
	name, field, renamed := strings.Cut(take, "=")
	if !renamed {
		field = name
	}
	tag := tagOf(act.Type(), field)
	if !renamed {
		name = tag.name
	}
	if known := inputs[name]; known != nil { // another act of this command takes it too
		known.into = append(known.into, fieldOf(act, field))
		return
	}
	inputs[name] = &input{take: take, into: []reflect.Value{fieldOf(act, field)}}
	c.flags.Var(inputs[name], name, tag.help)
}

// String is what the flag is by default: nothing.
func (in *input) String() string { return "" }

// Set reads a value of the command line into the field, by the field's type.
func (in *input) Set(text string) error {
	for _, field := range in.into {
		if err := set(field.Addr().Interface(), text); err != nil {
			return err
		}
	}
	return nil
}

func set(field any, text string) (err error) {
	switch into := field.(type) {
	case *string:
		*into = text
	case *bool:
		*into = text == "true"
	case *int64:
		*into, err = cents(text)
	case *[]string:
		err = (*list)(into).Set(text)
	case *time.Time:
		*into, err = aDay(text)
	default:
		err = fmt.Errorf("a field of type %T has no flag", field)
	}
	return err
}

// IsBoolFlag lets a yes-or-no flag stand without a value.
func (in *input) IsBoolFlag() bool { return len(in.into) > 0 && in.into[0].Kind() == reflect.Bool }

// cents reads an amount that somebody names. Nothing is no amount to name: an act without one means all.
func cents(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	sum, err := money.Parse(text)
	if err == nil && sum == 0 {
		return 0, errors.New("an amount is more than nothing; leave it out to name none")
	}
	return int64(sum), err
}

type fieldTag struct{ name, help string }

// tagOf is how a field of an act is called on the command line, and what is said of it.
func tagOf(act reflect.Type, field string) fieldTag {
	f := structField(act, field)
	name := f.Tag.Get("flag")
	if name == "" {
		name = field
	}
	return fieldTag{name, f.Tag.Get("help")}
}

func fieldOf(act reflect.Value, field string) reflect.Value {
	return act.FieldByIndex(structField(act.Type(), field).Index)
}

// structField finds a field by the name it has in JSON. A row that names another is a mistake of this program, which a test finds.
func structField(t reflect.Type, name string) reflect.StructField {
	for _, f := range reflect.VisibleFields(t) {
		if jsonName(f) == name {
			return f
		}
	}
	panic(fmt.Sprintf("%s has no field %q", t, name))
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
