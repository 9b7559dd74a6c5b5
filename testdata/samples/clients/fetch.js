fetch(stock, { headers: { Authorization: 'Basic ' + btoa('deploy:⟦login-joined-password|{pass}⟧') } });
fetch(stock, { headers: { Authorization: 'Basic ' + btoa(user + ':' + password) } });
fetch(stock, { headers: { Authorization: `Bearer ${token}` } });
fetch(stock, { headers: { Authorization: 'Bearer ⟦http-bearer-authorization|{b62:40}⟧' } });
const logo = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk', 'base64');
