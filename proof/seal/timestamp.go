package seal

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/pkcs7"

	"relance/observe/health"
	"relance/proof/signature"
)

// stampRequest asks for a timestamp (RFC 3161 §2.4.1).
type stampRequest struct {
	Version int
	Imprint signature.Imprint
	Nonce   *big.Int
	CertReq bool
}

// stampResponse is the answer (RFC 3161 §2.4.2).
type stampResponse struct {
	Status stampStatus
	Token  asn1.RawValue `asn1:"optional"`
}

type stampStatus struct {
	Status int
	Text   []asn1.RawValue `asn1:"optional,utf8"`
	Fail   asn1.BitString  `asn1:"optional"`
}

// timestamp asks the timestamp authorities in turn for a token over some content.
func (s *Sealer) timestamp(ctx context.Context, content []byte) ([]byte, error) {
	var problems []error
	for _, address := range s.stampers {
		token, err := s.ask(ctx, address, content)
		if err == nil {
			return token, nil
		}
		problems = append(problems, fmt.Errorf("%s: %w", address, err))
	}
	return nil, health.Fail(health.Timestamp, fmt.Errorf("%w: %w", ErrTimestamp, errors.Join(problems...)))
}

// ask asks one authority over HTTP (RFC 3161 §3.4). What comes is checked: its content, its nonce, its signature and, where roots are given, who made it.
func (s *Sealer) ask(ctx context.Context, address string, content []byte) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	query, err := asn1.Marshal(stampRequest{1, signature.Imprint{Algorithm: pkix.AlgorithmIdentifier{Algorithm: pkcs7.OIDDigestAlgorithmSHA256, Parameters: asn1.NullRawValue}, Hash: sum[:]}, nonce, true})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	const most = 64 << 10
	body, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answers %s", response.Status)
	}
	var answer stampResponse
	if _, err := asn1.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("answers something else than a timestamp: %w", err)
	}
	if answer.Status.Status > 1 || len(answer.Token.FullBytes) == 0 { // 0 granted, 1 granted with changes
		return nil, fmt.Errorf("refuses (status %d)", answer.Status.Status)
	}
	stamp, err := signature.ReadStamp(answer.Token.FullBytes, content, s.roots)
	switch {
	case err != nil:
		return nil, err
	case stamp.Nonce == nil || stamp.Nonce.Cmp(nonce) != 0:
		return nil, errors.New("answers another question: the nonce differs")
	}
	return answer.Token.FullBytes, nil
}
