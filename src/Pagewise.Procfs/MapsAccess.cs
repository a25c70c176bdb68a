namespace Pagewise.Procfs;

/// <summary>The four letters of a line of /proc/PID/maps.</summary>
[Flags]
public enum MapsAccess : byte
{
    /// <summary>"---p".</summary>
    None = 0,
    /// <summary>"r".</summary>
    Read = 1,
    /// <summary>"w".</summary>
    Write = 2,
    /// <summary>"x".</summary>
    Exec = 4,
    /// <summary>"s" in place of "p".</summary>
    Shared = 8,
}
