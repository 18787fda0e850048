package seal

import (
	"context"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/pkcs7"
)

var (
	oidSigningCertV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidTimestamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
)

// essCertIDv2 names a certificate by its SHA-256, the algorithm that needs no naming (RFC 5035 §4).
type essCertIDv2 struct{ Hash []byte }

type signingCertificateV2 struct{ Certs []essCertIDv2 }

// sign makes a CMS signature over content that is not in it (RFC 5652), with the certificate named inside what is signed (EN 319 122-1 §5.2.2). The time
// stands in the PDF's own dictionary and not here (EN 319 142-1 §6.3).
func (s *Sealer) sign(ctx context.Context, content []byte) ([]byte, error) {
	message, err := pkcs7.NewSignedData()
	if err != nil {
		return nil, err
	}
	digest, cert := sha256.Sum256(content), sha256.Sum256(s.cert.Raw)
	named := pkcs7.Attribute{Type: oidSigningCertV2, Value: signingCertificateV2{[]essCertIDv2{{cert[:]}}}}
	err = message.AddSignerChain(s.cert, s.key, digest[:], pkcs7.OIDDigestAlgorithmSHA256, s.chain, pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{named}})
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	der, err := message.Finish()
	if err != nil || len(s.stampers) == 0 {
		return der, err
	}
	parsed, err := pkcs7.Parse(der)
	if err != nil {
		return nil, err
	}
	token, err := s.timestamp(ctx, parsed.Signers[0].EncryptedDigest)
	if err != nil {
		return nil, err
	}
	return withTimestamp(der, token)
}

// The outer layers of a CMS object, whatever is inside left as it is (RFC 5652 §3 and §5.1).
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"explicit,tag:0"`
}

type signedData struct {
	Version      int
	Digests      asn1.RawValue
	Content      asn1.RawValue
	Certificates asn1.RawValue   `asn1:"optional,tag:0"`
	Signers      []asn1.RawValue `asn1:"set"`
}

// unsignedAttribute is an attribute outside of what is signed (RFC 5652 §5.3).
type unsignedAttribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// withTimestamp adds the timestamp of a signature to it, as an attribute that is not signed (EN 319 122-1 §5.3).
func withTimestamp(der, token []byte) ([]byte, error) {
	var outer contentInfo
	var inner signedData
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return nil, err
	}
	if _, err := asn1.Unmarshal(outer.Content.Bytes, &inner); err != nil {
		return nil, err
	}
	attribute, err := asn1.Marshal(unsignedAttribute{oidTimestamp, []asn1.RawValue{{FullBytes: token}}})
	if err != nil {
		return nil, err
	}
	attributes, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true, Bytes: attribute})
	if err != nil {
		return nil, err
	}
	signer := inner.Signers[0]
	inner.Signers[0] = asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: append(append([]byte{}, signer.Bytes...), attributes...)}
	body, err := asn1.Marshal(inner)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(contentInfo{outer.Type, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: body}})
}
