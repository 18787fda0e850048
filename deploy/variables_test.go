package deploy

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"relance/process/config"
)

// secretName is the name of a variable that carries a secret.
var secretName = regexp.MustCompile(`PASSWORD|SECRET|_PWD|ACCESS_KEY|ROOT_USER`)

// In the file as written, a secret is a variable that must be given. TRY_MAIL_PASSWORD is checked by mail.sh, for the profile alone.
func TestNoSecretInTheFile(t *testing.T) {
	var raw struct {
		Services map[string]struct{ Environment map[string]string } `yaml:"services"`
	}
	if err := yaml.Unmarshal([]byte(read(t, composeFile)), &raw); err != nil {
		t.Fatal(err)
	}
	required, secrets := regexp.MustCompile(`^\$\{[A-Z0-9_]+:\?[^}]+\}$`), 0
	for name, service := range raw.Services {
		for variable, value := range service.Environment {
			if !secretName.MatchString(variable) || variable == "TRY_MAIL_PASSWORD" {
				continue
			}
			if value == "" && (strings.HasSuffix(variable, "_OAUTH_CLIENT_SECRET") || variable == "RELANCE_SEAL_PASSWORD") {
				continue // handed on only where .env gives it one: most mail servers want none, and a seal has one where there is a seal
			}
			if secrets++; !required.MatchString(value) {
				t.Errorf("%s: %s is %q, not a variable that must be given", name, variable, value)
			}
		}
	}
	if secrets < 8 {
		t.Errorf("only %d secrets seen", secrets)
	}
	for name, value := range example(t) {
		if secretName.MatchString(name) && value != "" {
			t.Errorf("%s has a default, %q", name, value)
		}
	}
}

func TestWhatIsEmptyMustBeGiven(t *testing.T) {
	if _, err := loadWith(t, nil); err == nil {
		t.Error("the example alone is enough")
	}
	empty := []string{}
	for name, value := range example(t) {
		if value == "" && name != "TRY_MAIL_PASSWORD" {
			empty = append(empty, name)
		}
	}
	if len(empty) < 9 {
		t.Fatalf("only %v are empty in the example", empty)
	}
	for _, missing := range empty {
		var given []string
		for _, name := range empty {
			if name != missing {
				given = append(given, name+"=filled-in")
			}
		}
		if _, err := loadWith(t, given); err == nil || !strings.Contains(err.Error(), missing) || !strings.Contains(err.Error(), ".env") {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

// A variable of the compose file is in the example; one that is handed on only when given is there as a comment.
func TestExampleAndFileUseTheSameVariables(t *testing.T) {
	content, commented := read(t, exampleFile), map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^# ([A-Z][A-Z0-9_]+)=`).FindAllStringSubmatch(content, -1) {
		commented[match[1]] = true
	}
	used, handedOn := map[string]bool{}, map[string]bool{}
	for _, match := range regexp.MustCompile(`\$\{([A-Z0-9_]+)`).FindAllStringSubmatch(read(t, composeFile), -1) {
		used[match[1]] = true
	}
	for name, value := range load(t).Services["relance-worker"].Environment {
		if value == nil {
			handedOn[name] = true
		}
	}
	if got := slices.Sorted(maps.Keys(example(t))); !slices.Equal(got, slices.Sorted(maps.Keys(used))) {
		t.Errorf(".env.example sets %v, docker-compose.yml uses %v", got, slices.Sorted(maps.Keys(used)))
	}
	if !maps.Equal(commented, handedOn) {
		t.Errorf(".env.example mentions %v, docker-compose.yml hands on %v", slices.Sorted(maps.Keys(commented)), slices.Sorted(maps.Keys(handedOn)))
	}
	project, err := loadWith(t, append(fillIn(t), "RELANCE_IMAP_INBOX=Demandes"))
	if err != nil {
		t.Fatal(err)
	}
	if got := project.Services["relance-worker"].Environment["RELANCE_IMAP_INBOX"]; got == nil || *got != "Demandes" {
		t.Errorf("a variable without a value is not handed on: %v", got)
	}
}

// The program knows every variable that the compose file gives it, and the compose file leaves out only those of demonstrations.
func TestProgramKnowsTheVariables(t *testing.T) {
	demonstration := []string{"RELANCE_DAY", "RELANCE_EPOCH"}
	known := map[string]bool{}
	collect(reflect.TypeFor[config.Config](), "RELANCE_", known)
	given := load(t).Services["relance-codec"].Environment // the worker's, and those of its own
	for name := range given {
		if strings.HasPrefix(name, "RELANCE_") && !known[name] {
			t.Errorf("the program does not know %s", name)
		}
	}
	for name := range known {
		if _, ok := given[name]; !ok && !slices.Contains(demonstration, name) {
			t.Errorf("docker-compose.yml does not hand on %s", name)
		}
	}
}

// collect gathers the names of the variables that a structure is read from.
func collect(structure reflect.Type, prefix string, names map[string]bool) {
	for field := range structure.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		switch {
		case name == "-":
		case name != "":
			names[prefix+name] = true
		case field.Type.Kind() == reflect.Struct:
			collect(field.Type, prefix+field.Tag.Get("envPrefix"), names)
		}
	}
}
