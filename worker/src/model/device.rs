//! Where model runs happen.

use std::fmt;
use std::str::FromStr;

use gradphoto_shared::{Error, Result};

/// The device that was asked for: `cpu`, `cuda`, `cuda:1` or `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The processor, one thread a session.
    Cpu,
    /// The CUDA device of that number; an error where it is missing.
    Cuda(u32),
    /// CUDA device 0 where it works, else the processor; the log and a metric say which.
    Auto,
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Auto => f.write_str("auto"),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || Error::Config(format!("device {text:?} is none of cpu, cuda, cuda:NUMBER, auto"));
        match text {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "auto" => Ok(Self::Auto),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(unknown)?;
                number.parse::<u8>().map(|number| Self::Cuda(number.into())).map_err(|_| unknown())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_reads_as_it_is_written() {
        for (text, device) in [("cpu", Device::Cpu), ("cuda:3", Device::Cuda(3)), ("auto", Device::Auto)] {
            assert_eq!(text.parse::<Device>().unwrap(), device);
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
        for wrong in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"] {
            assert!(wrong.parse::<Device>().is_err(), "{wrong:?}");
        }
    }
}
