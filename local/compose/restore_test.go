package compose

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// isRestored backs up, lets a rejection go out and an application come in, loses database, bucket and settings, and follows deploy/README.md.
func isRestored(i *installation) {
	key := i.run("deploy/relance", "backup", "key")
	public := strings.TrimPrefix(strings.SplitN(key, "\n", 2)[0], "# RELANCE_BACKUP_FOR=")
	i.add("RELANCE_BACKUP_FOR", public)
	i.write("backup.key", []byte(key))
	_, said, err := i.try(nil, "deploy/backup.sh", "backup-1")
	if err != nil {
		i.Fatalf("backup: %v\n%s", err, tail(said))
	}
	until := said[strings.LastIndex(said, "until ")+len("until "):]
	until, _, _ = strings.Cut(until, "\n")
	i.apply("boutique", "acknowledgement").gets("acknowledgement")
	i.run("deploy/backup.sh", "increment-1", until)
	info, err := os.Stat(filepath.Join(i.dir, "backup-1"))
	if err != nil || info.Mode().Perm() != 0o600 {
		i.Errorf("the backup: %v %v", info, err)
	}
	rejected := i.cases["cordonnerie"]
	i.relance("case", "decide", rejected, "-reject", "-ground", "effectif", "-by", "agent-01")
	before := i.relance("case", "list")

	i.compose("rm", "--stop", "--force", "--volumes", "relance-worker", "relance-starter", "relance-codec", "temporal", "temporal-ui", "postgres", "minio", "temporal-schema",
		"temporal-setup", "minio-setup")
	i.run("docker", "volume", "rm", project+"_postgres", project+"_minio")
	for _, name := range []string{".env", "relance.d"} {
		if err := os.Rename(filepath.Join(i.dir, name), filepath.Join(i.dir, name+".lost")); err != nil {
			i.Fatal(err)
		}
	}
	began := time.Now()
	i.run("deploy/restore.sh", "backup.key", "backup-1", "increment-1")
	i.try(nil, "docker", "compose", "run", "--rm", "-T", "relance-worker", "audit", "-repair")
	i.compose("up", "--detach", "--wait")
	i.mended()
	i.Logf("restored and audited in %.0f s", time.Since(began).Seconds())
	for sample, reference := range i.cases {
		if !strings.Contains(before, reference) || !strings.Contains(i.relance("case", "list"), reference) {
			i.Errorf("%s, %s, is lost", sample, reference)
		}
	}
	if out := i.relance("case", "show", rejected); !strings.Contains(out, "restauré") {
		i.Errorf("nobody is told that a rejection of %s has gone out:\n%s", rejected, out)
	}
	i.relance("case", "decide", rejected, "-reject", "-ground", "effectif", "-by", "agent-01")
	i.clean()
	i.run("deploy/relance", "case", "fetch", rejected, "rejected")
	if letters, _ := filepath.Glob(filepath.Join(i.dir, "rejected/mail/out/*-reject.eml")); len(letters) != 1 {
		i.Errorf("the rejection went out as %v", letters)
	}
}

// mended lets the audit repair until it has nothing left to mend.
func (i *installation) mended() {
	i.Helper()
	for range 8 {
		left := i.audit("-repair")
		for _, f := range left {
			i.Logf("%s %s %s %s: %s", f.Code, f.Case, f.Object, f.Detail, f.Mended)
		}
		if len(left) == 0 {
			return
		}
	}
	i.Error("the audit goes on mending")
}

// isErased ends a case and erases it with the store's own keys, as deploy/README.md says.
func isErased(i *installation) {
	reference := i.cases["librairie"]
	i.relance("case", "withdraw", reference, "-by", "agent-01")
	i.run("sh", "-c", `( . ./.env
  RELANCE_S3_ACCESS_KEY=$MINIO_ROOT_USER RELANCE_S3_SECRET_KEY=$MINIO_ROOT_PASSWORD \
  docker compose exec -T -e RELANCE_S3_ACCESS_KEY -e RELANCE_S3_SECRET_KEY relance-worker /relance case erase `+reference+` -by agent-01 -reason "demande de la personne" -lift-retention )`)
	if out := i.relance("case", "list"); strings.Contains(out, reference) && !strings.Contains(out, "erased") {
		i.Logf("Temporal still lists %s, until its retention ends", reference)
	}
	i.clean()
}
