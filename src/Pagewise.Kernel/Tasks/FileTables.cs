using Pagewise.Kernel.Mappings;
using Pagewise.Kernel.Slab;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Tasks;

/// <summary>File tables and their entries in ascending order of descriptor (fs/file.c).</summary>
/// <remarks>
/// Simplified: a table is one files_cache object however many descriptors it has; Linux gives those beyond 64 arrays of
/// kmalloc's.
/// </remarks>
/// <param name="files">The open files.</param>
/// <param name="caches">Where the objects come from (files_cache).</param>
public sealed class FileTables(OpenFiles files, KmemCaches caches) : IDisposable
{
    private readonly SlabArena<FileTable> _slab = new(1 << 22, caches.Files);
    private readonly Arena<FileDescriptor> _entries = new(1 << 24);

    /// <summary>Adds the kernel objects in use to a list.</summary>
    public void CollectObjects(List<ulong> into) => _slab.CollectObjects(into);

    private Arena<FileTable> Tables => _slab.Items;

    /// <summary>An empty table with one user; 0 when no memory is left.</summary>
    public int New()
    {
        int table = _slab.Allocate();
        if (table != 0)
            Tables[table].Users = 1;
        return table;
    }

    /// <summary>Another user of the same table (CLONE_FILES).</summary>
    public void Share(int table) => Tables[table].Users++;

    /// <summary>A copy with the same open files (dup_fd); 0 when no memory is left.</summary>
    public int Copy(int source)
    {
        int table = New();
        if (table == 0)
            return 0;
        int tail = 0;
        for (int entry = Tables[source].First; entry != 0; entry = _entries[entry].Next)
        {
            int copy = _entries.Allocate();
            if (copy == 0)
            {
                Put(table);
                return 0;
            }

            _entries[copy] = _entries[entry];
            _entries[copy].Next = 0;
            files.Get(_entries[copy].File);
            if (tail == 0)
                Tables[table].First = copy;
            else
                _entries[tail].Next = copy;
            tail = copy;
        }

        return table;
    }

    /// <summary>Drops a user; the last one closes everything (put_files_struct).</summary>
    public void Put(int table)
    {
        if (--Tables[table].Users != 0)
            return;
        CloseWhere(table, onlyCloseOnExec: false);
        _slab.Free(table);
    }

    /// <summary>The open file of a descriptor; 0 when it is closed (EBADF).</summary>
    public int Lookup(int table, int fd)
    {
        for (int entry = Tables[table].First; entry != 0 && _entries[entry].Fd <= fd; entry = _entries[entry].Next)
        {
            if (_entries[entry].Fd == fd)
                return _entries[entry].File;
        }

        return 0;
    }

    /// <summary>The lowest free descriptor that is not below one given (alloc_fd).</summary>
    public int LowestFree(int table, int from)
    {
        int fd = from;
        for (int entry = Tables[table].First; entry != 0 && _entries[entry].Fd <= fd; entry = _entries[entry].Next)
        {
            if (_entries[entry].Fd == fd)
                fd++;
        }

        return fd;
    }

    /// <summary>Makes a descriptor stand for an open file, whose reference it takes over; an old one is closed (fd_install).</summary>
    /// <returns>False when no memory is left.</returns>
    public bool Install(int table, int fd, int file, bool closeOnExec)
    {
        int previous = 0;
        int entry = Tables[table].First;
        while (entry != 0 && _entries[entry].Fd < fd)
        {
            previous = entry;
            entry = _entries[entry].Next;
        }

        if (entry != 0 && _entries[entry].Fd == fd)
        {
            int old = _entries[entry].File;
            _entries[entry].File = file;
            _entries[entry].CloseOnExec = closeOnExec;
            files.Put(old);
            return true;
        }

        int added = _entries.Allocate();
        if (added == 0)
            return false;
        _entries[added] = new FileDescriptor { Fd = fd, File = file, CloseOnExec = closeOnExec, Next = entry };
        if (previous == 0)
            Tables[table].First = added;
        else
            _entries[previous].Next = added;
        return true;
    }

    /// <summary>Closes a descriptor; false when it was not open.</summary>
    public bool Close(int table, int fd)
    {
        int previous = 0;
        for (int entry = Tables[table].First; entry != 0; entry = _entries[entry].Next)
        {
            if (_entries[entry].Fd == fd)
            {
                Remove(table, previous, entry);
                return true;
            }

            previous = entry;
        }

        return false;
    }

    /// <summary>Closes what execve closes (do_close_on_exec), or everything.</summary>
    public void CloseWhere(int table, bool onlyCloseOnExec)
    {
        int previous = 0;
        int entry = Tables[table].First;
        while (entry != 0)
        {
            int next = _entries[entry].Next;
            if (!onlyCloseOnExec || _entries[entry].CloseOnExec)
                Remove(table, previous, entry);
            else
                previous = entry;
            entry = next;
        }
    }

    /// <summary>A table of the task's own before execve changes it (unshare_files); 0 when no memory is left.</summary>
    public int Unshare(int table)
    {
        if (Tables[table].Users == 1)
            return table;
        int copy = Copy(table);
        if (copy != 0)
            Put(table);
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slab.Dispose();
        _entries.Dispose();
    }

    private void Remove(int table, int previous, int entry)
    {
        int file = _entries[entry].File;
        if (previous == 0)
            Tables[table].First = _entries[entry].Next;
        else
            _entries[previous].Next = _entries[entry].Next;
        _entries.Free(entry);
        files.Put(file);
    }
}
