namespace Pagewise.Kernel.PageCache;

/// <summary>What posix_fadvise tells (POSIX_FADV_*, include/uapi/linux/fadvise.h), with Linux's values.</summary>
public enum Fadvice
{
    /// <summary>The device's readahead.</summary>
    Normal = 0,

    /// <summary>No readahead.</summary>
    Random = 1,

    /// <summary>Twice the device's readahead.</summary>
    Sequential = 2,

    /// <summary>Read now.</summary>
    WillNeed = 3,

    /// <summary>Drop from the cache.</summary>
    DontNeed = 4,

    /// <summary>Used once: changes nothing here.</summary>
    NoReuse = 5,
}
