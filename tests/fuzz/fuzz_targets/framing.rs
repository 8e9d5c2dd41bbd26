#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    isession_fuzz::framing(input);
});
