//! What the vendor's service does for a request.

use counterfoil::device::Auths;

use crate::line::{figure, milliseconds};
use crate::measure::{median, time};
use crate::stage::{Machine, Vendor};

/// Each answer needs a request of its own, which takes the simulated TPM longer than the service.
const REQUESTS: usize = 9;

pub(crate) fn print() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let app = machine.app(&vendor);
    let requests: Vec<Vec<u8>> = (0..REQUESTS)
        .map(|_| {
            app.request_activation(&vendor.sell(1), &Auths::default())
                .unwrap()
                .request
        })
        .collect();
    let first = median(
        requests
            .iter()
            .map(|request| time(|| vendor.answer(request).unwrap())),
    );
    let again = median(
        requests
            .iter()
            .map(|request| time(|| vendor.answer(request).unwrap())),
    );
    figure("service.answer", milliseconds(first), "ms");
    figure("service.answer.repeated", milliseconds(again), "ms");
}
