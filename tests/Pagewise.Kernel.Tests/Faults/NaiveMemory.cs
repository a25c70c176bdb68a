namespace Pagewise.Kernel.Tests.Faults;

/// <summary>
/// What programs see of memory, told as simply as possible: for each process a dictionary of pages, each with its rights
/// and the object its byte lives in. Copying a process copies private bytes; nothing is lazy.
/// </summary>
internal sealed class NaiveMemory
{
    private readonly Dictionary<int, Dictionary<ulong, Page>> _spaces = [];
    private int _objects;

    public Dictionary<(int Object, ulong Index), byte> Shared { get; } = [];

    public IEnumerable<int> Processes => _spaces.Keys.Order();

    public int NewObject() => ++_objects;

    public void Start(int process) => _spaces[process] = [];

    public void End(int process) => _spaces.Remove(process);

    public void Fork(int parent, int child) =>
        _spaces[child] = _spaces[parent].ToDictionary(pair => pair.Key, pair => pair.Value with { });

    public Page? At(int process, ulong page) => _spaces[process].GetValueOrDefault(page);

    public bool IsMapped(int process, ulong first, ulong count)
    {
        for (ulong page = first; page < first + count; page++)
        {
            if (!_spaces[process].ContainsKey(page))
                return false;
        }

        return true;
    }

    public void Map(int process, ulong first, ulong count, bool writable, int sharedObject, ulong firstIndex, bool isPrivate)
    {
        for (ulong i = 0; i < count; i++)
            _spaces[process][first + i] = new Page(writable, IsReadable: true, sharedObject, firstIndex + i, isPrivate, Private: null);
    }

    public void Unmap(int process, ulong first, ulong count)
    {
        for (ulong i = 0; i < count; i++)
            _spaces[process].Remove(first + i);
    }

    public void Protect(int process, ulong first, ulong count, bool readable, bool writable)
    {
        for (ulong i = 0; i < count; i++)
            _spaces[process][first + i] = _spaces[process][first + i] with { IsReadable = readable, IsWritable = writable };
    }

    /// <summary>Private bytes go; what lies below shows again.</summary>
    public void Discard(int process, ulong first, ulong count)
    {
        for (ulong i = 0; i < count; i++)
            _spaces[process][first + i] = _spaces[process][first + i] with { Private = null };
    }

    public void Move(int process, ulong from, ulong to, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            _spaces[process][to + i] = _spaces[process][from + i];
            _spaces[process].Remove(from + i);
        }
    }

    public byte Read(int process, ulong page)
    {
        Page it = _spaces[process][page];
        return it.Private ?? (it.Object == 0 ? (byte)0 : Shared.GetValueOrDefault((it.Object, it.Index)));
    }

    public void Write(int process, ulong page, byte value)
    {
        Page it = _spaces[process][page];
        if (it.IsPrivate)
            _spaces[process][page] = it with { Private = value };
        else
            Shared[(it.Object, it.Index)] = value;
    }

    internal sealed record Page(bool IsWritable, bool IsReadable, int Object, ulong Index, bool IsPrivate, byte? Private);
}
