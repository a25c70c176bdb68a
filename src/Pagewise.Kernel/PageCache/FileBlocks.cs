using Pagewise.Kernel.Frames;
using Pagewise.Kernel.Hardware;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.PageCache;

/// <summary>
/// The bytes of files on their device: what was written back and left memory comes back from here. A page that was never
/// written reads as zeroes and takes nothing. A hash table by file and page, with a list for each file.
/// </summary>
internal sealed class FileBlocks : IDisposable
{
    private const int MostPages = 1 << 24;
    private const int FirstBuckets = 1 << 12;

    private readonly MemMap _memMap;
    private readonly Arena<Block> _blocks = new(MostPages);
    private readonly NativeArray<int> _files;
    private NativeArray<int> _buckets = new(FirstBuckets);
    private NativeRange? _bytes;

    /// <summary>Files without bytes.</summary>
    /// <param name="memMap">The frames.</param>
    /// <param name="files">The most inodes.</param>
    public FileBlocks(MemMap memMap, int files)
    {
        _memMap = memMap;
        _files = new NativeArray<int>((ulong)files);
    }

    /// <summary>Writes a page (the transfer of submit_bio).</summary>
    public void Write(int inode, ulong index, uint pfn)
    {
        int block = Find(inode, index);
        if ((_memMap[pfn].Flags & PageFlags.HasData) == 0)
        {
            if (block != 0)
                Remove(block);
            return;
        }

        if (block == 0)
            block = Add(inode, index);
        _memMap.Memory.Frame(pfn).CopyTo(Bytes(block));
    }

    /// <summary>Reads a page.</summary>
    public void Read(int inode, ulong index, uint pfn)
    {
        int block = Find(inode, index);
        if (block == 0)
            _memMap.Clear(pfn);
        else
            Bytes(block).CopyTo(_memMap.Write(pfn));
    }

    /// <summary>Takes the bytes of a range of pages away: they read as zeroes.</summary>
    public void Discard(int inode, ulong first, ulong last)
    {
        for (int block = _files[inode], next; block != 0; block = next)
        {
            next = _blocks[block].NextOfFile;
            if (_blocks[block].Index >= first && _blocks[block].Index <= last)
                Remove(block);
        }
    }

    /// <summary>Makes the rest of a page zero, from a byte on.</summary>
    public void ClearTail(int inode, ulong index, int offsetBytes)
    {
        int block = Find(inode, index);
        if (block != 0)
            Bytes(block)[offsetBytes..].Clear();
    }

    public void Dispose()
    {
        _blocks.Dispose();
        _files.Dispose();
        _buckets.Dispose();
        _bytes?.Dispose();
    }

    private ref int Bucket(int inode, ulong index)
    {
        ulong hash = (((ulong)(uint)inode << 40) ^ index) * 0x9E37_79B9_7F4A_7C15;
        return ref _buckets[hash >> 32 & (_buckets.Length - 1)];
    }

    private int Find(int inode, ulong index)
    {
        int block = Bucket(inode, index);
        while (block != 0 && (_blocks[block].Inode != inode || _blocks[block].Index != index))
            block = _blocks[block].NextOfBucket;
        return block;
    }

    private int Add(int inode, ulong index)
    {
        if ((ulong)_blocks.Count >= _buckets.Length)
            Grow();
        int block = _blocks.Allocate();
        if (block == 0)
            throw new InvalidOperationException($"more than {MostPages} pages of files were written: 64 GiB of contents are kept at most");
        _bytes ??= new NativeRange((ulong)MostPages << Pfn.Shift);
        ref int bucket = ref Bucket(inode, index);
        _blocks[block] = new Block { Inode = inode, Index = index, NextOfBucket = bucket, NextOfFile = _files[inode] };
        if (_files[inode] != 0)
            _blocks[_files[inode]].PreviousOfFile = block;
        _files[inode] = block;
        bucket = block;
        return block;
    }

    private void Remove(int block)
    {
        Block gone = _blocks[block];
        ref int at = ref Bucket(gone.Inode, gone.Index);
        while (at != block)
            at = ref _blocks[at].NextOfBucket;
        at = gone.NextOfBucket;
        (gone.PreviousOfFile != 0 ? ref _blocks[gone.PreviousOfFile].NextOfFile : ref _files[gone.Inode]) = gone.NextOfFile;
        if (gone.NextOfFile != 0)
            _blocks[gone.NextOfFile].PreviousOfFile = gone.PreviousOfFile;
        _blocks.Free(block);
    }

    private void Grow()
    {
        _buckets.Dispose();
        _buckets = new NativeArray<int>(_buckets.Length * 4);
        for (int block = 1; block < _blocks.HighWater; block++)
        {
            if (_blocks[block].Inode == 0)
                continue;
            ref int bucket = ref Bucket(_blocks[block].Inode, _blocks[block].Index);
            _blocks[block].NextOfBucket = bucket;
            bucket = block;
        }
    }

    private Span<byte> Bytes(int block) => _bytes!.Bytes((ulong)block << Pfn.Shift, Pfn.SizeBytes);

    private struct Block
    {
        public int Inode;
        public int NextOfBucket;
        public int NextOfFile;
        public int PreviousOfFile;
        public ulong Index;
    }
}
