"""Certificates for the tests, made by the openssl program: none is kept."""

import ssl
import subprocess


def make(folder, name, hosts=("localhost", "127.0.0.1")):
    """Makes folder/NAME.pem, signed by itself, and folder/NAME.key; answers their names."""
    names = ",".join(f"{'IP' if host[0].isdigit() else 'DNS'}:{host}" for host in hosts)
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "30", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName={names}"], check=True, stderr=subprocess.DEVNULL)
    key.chmod(0o600)
    return certificate, key


def expire(certificate, key):
    """Signs it anew, for a time that is over."""
    subprocess.run(["openssl", "x509", "-in", certificate, "-signkey", key, "-days", "-1", "-out",
                    certificate], check=True, stderr=subprocess.DEVNULL)


def config(*pairs):
    """The lines of chatd.conf for these pairs."""
    certificates = ", ".join(f'"{certificate}"' for certificate, _ in pairs)
    keys = ", ".join(f'"{key}"' for _, key in pairs)
    return f"tls_certificate = {{{certificates}}}\ntls_key = {{{keys}}}\n"


def trusting(certificate):
    """A client's context that trusts this certificate only, and takes the mere end of TCP for an
    error."""
    context = ssl.create_default_context(cafile=certificate)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context
