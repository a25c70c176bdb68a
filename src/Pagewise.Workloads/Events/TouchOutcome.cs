namespace Pagewise.Workloads;

/// <summary>How a touch ended.</summary>
public enum TouchOutcome : byte
{
    /// <summary>The recording does not say.</summary>
    NotRecorded = 0,
    /// <summary>Every access went through.</summary>
    Ok = 1,
    /// <summary>The task got SIGSEGV.</summary>
    SegmentationFault = 2,
    /// <summary>The task got SIGBUS.</summary>
    BusError = 3,
}
