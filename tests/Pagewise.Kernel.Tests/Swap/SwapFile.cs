using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Pagewise.Kernel.Swap;

namespace Pagewise.Kernel.Tests.Swap;

/// <summary>A swap area's bytes in a real file, with a checksum of each page that was written, and the means to break it.</summary>
internal sealed class SwapFile : ISwapStore
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"pagewise-{Path.GetRandomFileName()}.swap");
    private readonly SafeFileHandle _file;
    private readonly Dictionary<uint, byte[]> _sums = [];

    public SwapFile(long pages)
    {
        _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.DeleteOnClose);
        Truncate(pages);
    }

    public long Reads { get; private set; }

    public long Writes { get; private set; }

    /// <summary>Whether writes fail.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Cuts the file, as somebody on the host may.</summary>
    public void Truncate(long pages) => RandomAccess.SetLength(_file, pages * 4096);

    public bool Read(uint slot, Span<byte> page)
    {
        Reads++;
        if (RandomAccess.Read(_file, page, slot * 4096L) != page.Length)
            return false;
        SHA256.HashData(page).ShouldBe(_sums[slot], $"slot {slot}");
        return true;
    }

    public bool Write(uint slot, ReadOnlySpan<byte> page)
    {
        if (IsReadOnly || RandomAccess.GetLength(_file) < (slot + 1) * 4096L)
            return false;
        Writes++;
        RandomAccess.Write(_file, page, slot * 4096L);
        _sums[slot] = SHA256.HashData(page);
        return true;
    }

    public void Dispose() => _file.Dispose();
}
