namespace Pagewise.Abi;

/// <summary>lseek(2)'s <c>SEEK_*</c>.</summary>
public enum SeekWhence
{
    /// <summary><c>SEEK_SET</c>.</summary>
    Set = 0,
    /// <summary><c>SEEK_CUR</c>.</summary>
    Current = 1,
    /// <summary><c>SEEK_END</c>.</summary>
    End = 2,
    /// <summary><c>SEEK_DATA</c>.</summary>
    Data = 3,
    /// <summary><c>SEEK_HOLE</c>.</summary>
    Hole = 4,
}
