package deploy

import (
	"net/url"
	"slices"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// TestPubliccode checks publiccode.yml against the mandatory keys and the limits of the standard.
func TestPubliccode(t *testing.T) {
	var file struct {
		Version      string   `yaml:"publiccodeYmlVersion"`
		Name         string   `yaml:"name"`
		URL          string   `yaml:"url"`
		Platforms    []string `yaml:"platforms"`
		Status       string   `yaml:"developmentStatus"`
		Type         string   `yaml:"softwareType"`
		Descriptions map[string]struct {
			Short    string   `yaml:"shortDescription"`
			Long     string   `yaml:"longDescription"`
			Features []string `yaml:"features"`
		} `yaml:"description"`
		Legal struct {
			License string `yaml:"license"`
		} `yaml:"legal"`
		Maintenance struct {
			Type     string           `yaml:"type"`
			Contacts []map[string]any `yaml:"contacts"`
		} `yaml:"maintenance"`
		Localisation struct {
			Ready     *bool    `yaml:"localisationReady"`
			Languages []string `yaml:"availableLanguages"`
		} `yaml:"localisation"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "../publiccode.yml")), &file); err != nil {
		t.Fatal(err)
	}
	if address, err := url.Parse(file.URL); err != nil || address.Scheme != "https" || address.Host == "" {
		t.Errorf("url %q: %v", file.URL, err)
	}
	if file.Version != "0" || file.Name != "Relance" || len(file.Platforms) == 0 || file.Type != "standalone/backend" || file.Legal.License != "EUPL-1.2" {
		t.Errorf("version %q, name %q, platforms %v, type %q, licence %q", file.Version, file.Name, file.Platforms, file.Type, file.Legal.License)
	}
	if !slices.Contains([]string{"concept", "development", "beta", "stable", "obsolete"}, file.Status) {
		t.Errorf("development status %q", file.Status)
	}
	for _, language := range []string{"fr", "en"} {
		text := file.Descriptions[language]
		short, long := utf8.RuneCountInString(text.Short), utf8.RuneCountInString(text.Long)
		if short == 0 || short > 150 || long < 150 || long > 10000 || len(text.Features) == 0 {
			t.Errorf("%s: %d and %d characters, %d features", language, short, long, len(text.Features))
		}
	}
	// A contact must be named where somebody maintains the software.
	if file.Maintenance.Type != "none" && len(file.Maintenance.Contacts) == 0 || file.Maintenance.Type == "" {
		t.Errorf("maintenance %+v", file.Maintenance)
	}
	if file.Localisation.Ready == nil || len(file.Localisation.Languages) == 0 {
		t.Errorf("localisation %+v", file.Localisation)
	}
}
