package reading

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"relance/domain/casefile"
	"relance/mail/message"
)

// maxLogo is how large, in bytes, a picture inside the text may be and still be taken for a logo of a signature; a larger
// one is a screenshot or a photo of a document.
const maxLogo = 40 << 10

// tiny is the size, in bytes, below which no picture shows a page that a person can read.
const tiny = 2 << 10

// furnitureTypes are what mail programs add to each mail: signatures of the mail itself (RFC 8551, RFC 3156), visiting
// cards (RFC 6350), invitations (RFC 5545).
var furnitureTypes = []string{"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
	"application/pgp-keys", "application/pgp-encrypted", "text/vcard", "text/x-vcard", "text/directory", "text/calendar"}

// furnitureNames are the endings of such files, where their type is not told.
var furnitureNames = []string{".p7s", ".p7m", ".vcf", ".vcard", ".asc", ".sig", ".ics"}

// isFurniture tells whether a file is what a mail program adds by itself. A file of a kind that a case takes is none, whatever
// its name says.
func isFurniture(a message.Attachment) bool {
	if accepted[a.Type] {
		return false
	}
	return slices.Contains(furnitureTypes, a.Type) || a.Type == a.DeclaredType && slices.Contains(furnitureTypes, a.DeclaredType) ||
		slices.Contains(furnitureNames, strings.ToLower(path.Ext(a.Name)))
}

// logoNames are the names that mail programs give to the pictures of a signature.
var logoNames = regexp.MustCompile(`(?i)^(?:image\d{3}|outlook-\w+|att\d+|pastedgraphic-?\d*|logo|signature|banni[eè]re|bandeau|banner|icon|` +
	`facebook|linkedin|twitter|instagram|youtube)(?:[^\pL].*)?\.(?:png|jpe?g|gif|bmp|webp)$`)

// isLogo tells whether a picture belongs to the signature of a mail.
func isLogo(a message.Attachment) bool {
	if !strings.HasPrefix(a.Type, "image/") || a.Size >= maxLogo {
		return false
	}
	return a.Inline || logoNames.MatchString(a.Name) || a.Size < tiny && strings.EqualFold(path.Ext(a.Name), ".png") ||
		a.Type == "image/gif"
}

// sharing are the services on which people put files for others; a name counts for the hosts below it too.
var sharing = []string{"drive.google.com", "docs.google.com", "photos.app.goo.gl", "photos.google.com", "wetransfer.com", "we.tl",
	"icloud.com", "icloud-content.com", "dropbox.com", "db.tt", "1drv.ms", "onedrive.live.com", "sharepoint.com", "fromsmash.com",
	"grosfichiers.com", "transfernow.net", "swisstransfer.com", "kdrive.infomaniak.com", "mega.nz", "mediafire.com", "box.com",
	"filemail.com", "sendanywhere.com", "send-anywhere.com", "hightail.com", "pcloud.com", "e.pcloud.link", "dl.free.fr",
	"francetransfert.numerique.gouv.fr", "uptobox.com", "hubic.com", "filesender.renater.fr", "plustransfer.com",
	"mailbigfile.com", "workupload.com", "gofile.io", "lufi.io", "framadrop.org", "proton.me", "tresorit.com", "cjoint.com", "wormhole.app"}

// notFiles are hosts below those, and pages on them, that hold no file of a person.
var notFiles = regexp.MustCompile(`^https?://(?:(?:www\.)?(?:wetransfer|dropbox|icloud|box|mega|grosfichiers|fromsmash|proton)\.[a-z]+/?(?:$|[?#])|` +
	`(?:account|mail|support|help|legal)\.|(?:www\.)?(?:wetransfer\.com|dropbox\.com)/(?:about|help|legal|terms|privacy|referrals?)\b)`)

var webAddress = regexp.MustCompile(`https?://[^\s<>"'\])]+|\b(?:we\.tl|1drv\.ms|db\.tt)/[^\s<>"'\])]+`)

// sharedFiles are the links to files in a text and in a list of links, each once, as the host and the whole address.
func sharedFiles(text string, more []string) (links []string) {
	for _, link := range append(webAddress.FindAllString(text, -1), more...) {
		if !strings.Contains(link, "://") {
			link = "https://" + link
		}
		link = strings.TrimRight(link, ".,;:!?»")
		host := hostOf(link)
		shares := slices.ContainsFunc(sharing, func(s string) bool { return host == s || strings.HasSuffix(host, "."+s) })
		if shares && !notFiles.MatchString(link) && !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	return links
}

// hostOf is the host that a link leads to, through the redirections by which mail programs check links.
func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	for _, wrapper := range []string{"safelinks.protection.outlook.com", "www.google.com", "urldefense.com"} {
		if host != wrapper && !strings.HasSuffix(host, "."+wrapper) {
			continue
		}
		for _, key := range []string{"url", "q", "u"} {
			if inner, err := url.Parse(u.Query().Get(key)); err == nil && inner.Host != "" {
				return strings.ToLower(inner.Hostname())
			}
		}
	}
	return host
}

// links notes where a person links to files instead of sending them: nobody opens a link, and the applicant is told so.
func (r *Result) links(in Input, names map[string]string) {
	const most = 10
	text := in.Message.Reply
	if in.Facts.Applicant.Email == "" {
		text = in.Message.Text
	}
	var more []string
	if !in.Message.Answers() {
		more = in.Message.Links() // of an answer, they may be of the mail that it quotes
	}
	hosts := map[string]bool{}
	for _, link := range sharedFiles(text, more) {
		sum := sha256.Sum256([]byte(link))
		id := hex.EncodeToString(sum[:])
		known := func(d casefile.Document) bool { return d.SHA256 == id }
		if hosts[hostOf(link)] || len(hosts) >= most || slices.ContainsFunc(in.State.Documents, known) ||
			len(in.State.Documents)+len(r.Reading.Documents) >= MaxCaseFiles {
			continue
		}
		hosts[hostOf(link)] = true
		names[id] = "Lien vers " + hostOf(link)
		r.Reading.Documents = append(r.Reading.Documents, casefile.Document{Kind: Other, SHA256: id, Problem: ProblemLink,
			Received: in.State.Clock.Legal(in.Mail.Received), Mail: in.Mail.Identity})
	}
}
