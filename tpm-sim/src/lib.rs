//! Simulated TPM 2.0 devices for tests and demonstrations, on swtpm.
